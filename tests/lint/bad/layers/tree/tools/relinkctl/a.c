#include "base/buf.h"
#include "relinkctl/a.h"
#include "ipc/msg.h"
