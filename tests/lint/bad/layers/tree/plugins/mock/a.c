#include "relink/plugin.h"
#include "mock/a.h"
#include "a.h"
# include "base/buf.h"
