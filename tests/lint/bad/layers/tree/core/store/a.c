#include "policy/a.h"
#include "proc/pool.h"
#include "engine/engine.h"
