#include "app.h"
#include "engine/engine.h"
#include "store/store.h"
