#include <stdlib.h>
#include "base/buf.h"
#include "policy/a.h"
#include "relink/plugin.h"
#include "a.h"
#include "store/store.h"
#include "../ipc/frame.h"
#include "nowhere/a.h"
