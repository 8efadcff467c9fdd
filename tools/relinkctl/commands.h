/* commands.h - the function behind each line of the table in commands.c; all return an exit code. */
#ifndef RELINKCTL_COMMANDS_H
#define RELINKCTL_COMMANDS_H
#include "cli.h"

int account_add(struct cli *);
int account_attempts(struct cli *);
int account_check(struct cli *);
int account_connect(struct cli *);
int account_delete(struct cli *);
int account_disconnect(struct cli *);
int account_explain(struct cli *);
int account_health(struct cli *);
int account_list(struct cli *);
int account_qr(struct cli *);
int account_reconnect(struct cli *);
int account_send(struct cli *);
int account_set(struct cli *);
int account_show(struct cli *);
int account_timeline(struct cli *);
int account_verb(struct cli *);
int api_metrics(struct cli *);
int api_openapi(struct cli *);
int api_request(struct cli *);
int completion_print(struct cli *);
int daemon_status(struct cli *);
int events_follow(struct cli *);
int health_summary(struct cli *);
int alert_list(struct cli *);
int incident_list(struct cli *);
int incident_show(struct cli *);
int instance_drain(struct cli *);
int instance_list(struct cli *);
int instance_resume(struct cli *);
int instance_show(struct cli *);
int bulk_do(struct cli *);
int bulk_list(struct cli *);
int bulk_show(struct cli *);
int bulk_cancel(struct cli *);
int automation_pause(struct cli *);
int automation_resume(struct cli *);
int pause_list(struct cli *);
int key_add(struct cli *);
int key_list(struct cli *);
int key_revoke(struct cli *);
int webhook_add(struct cli *);
int webhook_list(struct cli *);
int webhook_remove(struct cli *);
int webhook_show(struct cli *);
int webhook_set(struct cli *);
int webhook_enable(struct cli *);
int webhook_disable(struct cli *);
int webhook_test(struct cli *);
int webhook_rotate(struct cli *);
int webhook_replay(struct cli *);
int webhook_dead(struct cli *);
int man_print(struct cli *);
int policy_show(struct cli *);
int version_print(struct cli *);
int watch_accounts(struct cli *);
int worker_deaths(struct cli *);
int worker_list(struct cli *);

#endif
