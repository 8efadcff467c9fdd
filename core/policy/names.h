/*
 * names.h - the words that the outside uses for our small numbers, without the machinery behind them.
 */
#ifndef RELINK_POLICY_NAMES_H
#define RELINK_POLICY_NAMES_H

/* "connected"; never NULL ("?" for a number that has no name). */
const char *status_name(unsigned status);
const char *cause_name(unsigned cause);
const char *action_name(unsigned action);

#endif
