/*
 * hash.h - uthash, surviving want of memory.
 *
 * By default uthash ends the process when malloc fails.  With this an element that could not be
 * added has a NULL `hh.tbl` afterwards: ask after each HASH_ADD.
 */
#ifndef RELINK_PROC_HASH_H
#define RELINK_PROC_HASH_H
#ifdef UTHASH_H
#error "include proc/hash.h instead of uthash.h"
#endif
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#endif
