#include "base/a.h"
#include "conf/conf.h"
#include "relink/plugin.h"
