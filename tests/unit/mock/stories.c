/*
 * stories.c - what the mock does, a row a behaviour.
 *
 * The texts are complete: an event too much is as wrong as one too few.
 */
#include "stories.h"

// clang-format off
const struct story stories[] = {
	/* --- the courses of a session --- */
	{ "a fresh session shows a QR code, which changes until somebody scans it", BOTH, "qr_refresh=1s",
	  "create a s1 1 p1; run 2s; verb a scan; run 1s",
	  "20 create ok; 300 s1/1 qr 2@mock,s1,0 for 1000; 1300 s1/1 qr 2@mock,s1,1 for 1000; "
	  "2000 s1/1 authenticated; 2000 scan ok {\"scanned\":1}; "
	  "2300 s1/1 connected +999200555641996" },
	{ "a code's text is as long as somebody wants it", BOTH, "",
	  "verb a behave {\"qr_bytes\":24}; forget; create a s1 1 p1; run 350ms",
	  "20 create ok; 300 s1/1 qr 2@mock,s1,0xxxxxxxxxxxxx for 20000" },
	{ "a fresh session is scanned by itself when scan_ms says so", BOTH, "scan_ms=1s",
	  "create a s1 1 p1; run 2s",
	  "20 create ok; 300 s1/1 qr 2@mock,s1,0 for 20000; 1300 s1/1 authenticated; "
	  "1600 s1/1 connected +999200555641996" },
	{ "a session on a profile with a login needs no scan", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; disconnect a s1 1; run 1s; forget; create a s2 2 p1 resume; "
	  "run 1s; list; run 1s",
	  "20 create ok; 500 s2/2 connected +999200555641996; 1005 list ok complete s2/2=connected" },
	{ "a new profile of the same account shows a QR code", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; disconnect a s1 1; run 1s; forget; create a s2 2 p2; run 350ms",
	  "20 create ok; 300 s2/2 qr 2@mock,s2,0 for 20000" },
	{ "without push only the list tells", BOTH, "push=false,scan_ms=100ms",
	  "create a s1 1 p1; run 1s; list; run 1s",
	  "20 create ok; 1005 list ok complete s1/1=connected" },
	{ "a create can be a lie: nothing happens, and the answer says that it did", BOTH, "",
	  "verb a behave {\"create\":{\"lie\":1}}; forget; create a s1 1 p1; run 1s; list; run 10ms",
	  "20 create ok; 1005 list ok complete" },
	{ "health can be a lie: connected, whatever the session is", BOTH, "",
	  "verb a behave {\"health\":{\"lie\":1}}; forget; health a s1 1; run 10ms; health a s1 1; run 10ms",
	  "5 health ok connected; 15 health gone" },
	{ "an operation with a wreck that the process survives goes its way", BOTH, "",
	  "verb a behave {\"create\":{\"wreck\":\"leak\",\"wreck_times\":1}}; forget; create a s1 1 p1; run 100ms",
	  "20 create ok" },
	{ "a wreck that is none is refused", BOTH, "",
	  "verb a behave {\"create\":{\"wreck\":\"lunch\"}}; verb a wreck {\"kind\":\"twice\"}; verb a wreck {\"kind\":\"leak\",\"n\":0}",
	  "0 behave misconfigured; 0 wreck misconfigured; 0 wreck misconfigured" },
	{ "a wreck that the process survives is done at once", BOTH, "",
	  "verb a wreck {\"kind\":\"leak\",\"n\":1}; create a s1 1 p1; run 30ms",
	  "0 wreck ok {\"wrecked\":\"leak\"}; 20 create ok" },
	{ "health tells the state", BOTH, "scan_ms=1s",
	  "create a s1 1 p1; run 400ms; health a s1 1; run 5s; health a s1 1; health a s9 1; "
	  "run 10ms",
	  "20 create ok; 300 s1/1 qr 2@mock,s1,0 for 20000; 405 health ok qr; "
	  "1300 s1/1 authenticated; 1600 s1/1 connected +999200555641996; "
	  "5405 health ok connected; 5405 health gone" },
	{ "disconnect keeps the login and ends the session", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; disconnect a s1 1; run 1s; list; run 1s",
	  "20 disconnect ok; 1005 list ok complete" },
	{ "disconnect of a session that does not exist is a success", BOTH, "",
	  "disconnect a s1 1; run 1s",
	  "20 disconnect ok" },
	{ "what is due at one time happens in the order of creation", BOTH, "create_ms=0ms",
	  "create a s1 1 p1; create b s2 1 p2; create c s3 1 p3; run 300ms",
	  "0 create ok; 0 create ok; 0 create ok; 300 s1/1 qr 2@mock,s1,0 for 20000; "
	  "300 s2/1 qr 2@mock,s2,0 for 20000; 300 s3/1 qr 2@mock,s3,0 for 20000" },
	{ "latencies can be 0", BOTH, "create_ms=0ms,qr_ms=0ms,scan_ms=1ms,auth_ms=0ms,list_ms=0ms",
	  "create a s1 1 p1; run 5ms; list",
	  "0 s1/1 qr 2@mock,s1,0 for 20000; 0 create ok; 1 s1/1 authenticated; "
	  "1 s1/1 connected +999200555641996; 5 list ok complete s1/1=connected" },
	/* --- the two classes --- */
	{ "a fence refuses an older generation and tells the highest", FENCED, "",
	  "create a s5 5 p1; run 30ms; create a s4 4 p1; run 30ms; list; run 10ms",
	  "20 create ok; 50 create stale gen=5; 65 list ok complete s5/5=starting" },
	{ "a fence ends the older session when it takes the newer", FENCED, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; create a s2 2 p1 resume; run 1s; list; run 10ms",
	  "0 s1/1 down replaced; 20 create ok; 500 s2/2 connected +999200555641996; "
	  "1005 list ok complete s2/2=connected" },
	{ "a fence takes the same create again as the same", FENCED, "",
	  "create a s1 1 p1; run 10ms; create a s1 1 p1; run 40ms; list; run 10ms",
	  "20 create ok; 30 create ok; 55 list ok complete s1/1=starting" },
	{ "a fence gives no second life to a generation", FENCED, "",
	  "create a s1 1 p1; run 30ms; disconnect a s1 1; run 30ms; create a s1 1 p1; run 30ms; "
	  "create a s1b 1 p1; run 30ms; list; run 10ms",
	  "20 create ok; 50 disconnect ok; 80 create stale gen=1; 110 create stale gen=1; "
	  "125 list ok complete" },
	{ "a fence does not let an old disconnect end the newer life of an id", FENCED, "",
	  "create a s1 1 p1; create a s1 2 p1; disconnect a s1 1; run 30ms; list; run 10ms",
	  "0 s1/1 down replaced; 20 create ok; 20 create ok; 20 disconnect ok; "
	  "35 list ok complete s1/2=starting" },
	{ "without a fence an older generation is taken", LISTABLE, "",
	  "create a s5 5 p1; create a s4 4 p2; run 30ms; list; run 10ms",
	  "20 create ok; 20 create ok; 35 list ok complete s5/5=starting s4/4=starting" },
	{ "without a fence a second create of a living id hides the first for ever", LISTABLE, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; create a s1 1 p1; run 1s; list; run 1s; "
	  "disconnect a s1 1; health a s1 1; run 1s; verb a state",
	  "20 create engine_crash; 1005 list ok complete; 2005 health gone; 2020 disconnect ok; "
	  "3000 state ok {\"account\":\"a\",\"known\":true,\"highest\":1,\"phone\":\"999200555641996\",\"logins\":[\"p1\"],\"sessions\":[{\"session\":\"s1\",\"generation\":1,\"state\":\"connected\",\"profile\":\"p1\",\"alive\":true,\"listed\":false,\"since\":1763287200700}],\"script\":{}}" },
	{ "without a fence a second life of an id on another profile takes its place in the list", LISTABLE, "",
	  "create a s1 1 p1; create a s1 2 p2; run 30ms; list; run 10ms",
	  "20 create ok; 20 create ok; 35 list ok complete s1/2=starting" },
	{ "an open profile cannot be opened again", LISTABLE, "",
	  "create a s1 1 p1; run 30ms; create a s2 2 p1 resume; run 30ms; disconnect a s1 1; "
	  "create a s3 3 p1; run 30ms",
	  "20 create ok; 50 create engine_crash; 80 disconnect ok; 80 create ok" },
	{ "another account's open profile cannot be opened", BOTH, "",
	  "create a s1 1 p1; create b s2 1 p1; run 30ms",
	  "20 create ok; 20 create engine_crash" },
	{ "a down session gives way to a new one of its id", BOTH, "",
	  "create a s1 1 p1; run 30ms; verb a drop {\"how\":\"down\"}; create a s1 2 p1; run 30ms; "
	  "list; run 10ms",
	  "20 create ok; 30 s1/1 down network; 30 drop ok {\"ended\":1}; 50 create ok; "
	  "65 list ok complete s1/2=starting" },
	{ "a full service says so, and has room again after a disconnect", BOTH, "capacity=1",
	  "create a s1 1 p1; create b s2 1 p2; run 30ms; disconnect a s1 1; create b s3 2 p2; "
	  "run 30ms",
	  "20 create ok; 20 create capacity; 50 disconnect ok; 50 create ok" },
	{ "a full fenced service replaces a session all the same", FENCED, "capacity=1",
	  "create a s1 1 p1; create a s2 2 p1; run 30ms; list; run 10ms",
	  "0 s1/1 down replaced; 20 create ok; 20 create ok; 35 list ok complete s2/2=starting" },
	/* --- verbs --- */
	{ "scan needs a code on show", BOTH, "",
	  "verb a scan; create a s1 1 p1; run 10ms; verb a scan",
	  "0 scan refused; 10 scan refused" },
	{ "drop: vanish", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; verb a drop; list; run 10ms; health a s1 1; run 10ms",
	  "0 s1/1 down network; 0 drop ok {\"ended\":1}; 5 list ok complete; 15 health gone" },
	{ "drop: down, then disconnected", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; "
	  "verb a drop {\"how\":\"down\",\"cause\":\"engine_crash\"}; list; health a s1 1; "
	  "run 10ms; disconnect a s1 1; list; run 30ms",
	  "0 s1/1 down engine_crash; 0 drop ok {\"ended\":1}; "
	  "5 list ok complete s1/1=down:engine_crash; 5 health engine_crash down; "
	  "15 list ok complete; 30 disconnect ok" },
	{ "drop: silent", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; verb a drop {\"how\":\"silent\",\"cause\":\"gone\"}; "
	  "list; run 10ms",
	  "0 drop ok {\"ended\":1}; 5 list ok complete" },
	{ "a drop keeps the login", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; verb a drop {\"cause\":\"banned\"}; "
	  "create a s2 2 p1 resume; run 1s",
	  "0 s1/1 down banned; 0 drop ok {\"ended\":1}; 20 create ok; "
	  "500 s2/2 connected +999200555641996" },
	{ "auth_corrupt costs the login", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; verb a drop {\"cause\":\"auth_corrupt\"}; "
	  "create a s2 2 p1 resume; run 350ms",
	  "0 s1/1 down auth_corrupt; 0 drop ok {\"ended\":1}; 20 create ok; "
	  "300 s2/2 qr 2@mock,s2,0 for 20000" },
	{ "drop of the whole instance", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; create b s2 1 p2; run 1s; forget; verb - drop; list; run 10ms",
	  "0 s1/1 down network; 0 s2/1 down network; 0 drop ok {\"ended\":2}; 5 list ok complete" },
	{ "drop through an account with scope instance", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; create b s2 1 p2; run 1s; forget; verb a drop {\"scope\":\"instance\"}",
	  "0 s1/1 down network; 0 s2/1 down network; 0 drop ok {\"ended\":2}" },
	{ "drop refuses what it does not understand", BOTH, "",
	  "create a s1 1 p1; run 30ms; forget; verb a drop {\"cause\":\"none\"}; "
	  "verb a drop {\"cause\":7}; verb a drop {\"how\":\"loud\"}; verb a drop [1]; "
	  "verb a drop {\"scope\":\"planet\"}; verb a jump; verb b drop",
	  "0 drop misconfigured; 0 drop misconfigured; 0 drop misconfigured; 0 drop misconfigured; "
	  "0 drop misconfigured; 0 jump misconfigured; 0 drop refused" },
	{ "logout ends the session and its login", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; verb a logout; create a s2 2 p1 resume; run 350ms",
	  "0 s1/1 down logged_out; 0 logout ok {\"ended\":1}; 20 create ok; "
	  "300 s2/2 qr 2@mock,s2,0 for 20000" },
	{ "logout while no session runs is found out by the next", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; disconnect a s1 1; run 1s; forget; verb a logout; "
	  "verb a logout; create a s2 2 p1 resume; run 1s; create a s3 3 p1 resume; run 350ms",
	  "0 logout ok {\"ended\":0}; 0 logout refused; 20 create ok; 500 s2/2 down logged_out; "
	  "1020 create ok; 1300 s3/3 qr 2@mock,s3,0 for 20000" },
	{ "forget: session not found", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; verb a forget; health a s1 1; list; run 10ms",
	  "0 forget ok {\"ended\":1}; 5 health gone; 5 list ok complete" },
	{ "reboot: sessions are gone, logins stay, nobody is told", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; verb a reboot; list; run 10ms; "
	  "create a s2 2 p1 resume; run 1s",
	  "0 reboot ok {\"ended\":1,\"boot_id\":\"00001a08ee1184ba\"}; 5 list ok complete; "
	  "30 create ok; 510 s2/2 connected +999200555641996" },
	{ "down: nothing can be reached, and nothing is pushed, until the time is over", BOTH, "scan_ms=100ms,qr_refresh=1s",
	  "create a s1 1 p1; verb a down {\"ms\":1000}; list; health a s1 1; create b s2 1 p2; "
	  "disconnect a s1 1; run 1s; list; create b s3 1 p2; run 310ms",
	  "0 down ok {\"down\":true}; 5 list network partial; 5 health network; 20 create ok; "
	  "20 create network; 20 disconnect network; 1005 list ok complete s1/1=connected; "
	  "1020 create ok; 1300 s3/1 qr 2@mock,s3,0 for 1000" },
	{ "down until up", BOTH, "",
	  "verb a down; create a s1 1 p1; run 3600s; verb a up; create a s1 1 p1; run 30ms",
	  "0 down ok {\"down\":true}; 20 create network; 3600000 up ok {\"down\":false}; "
	  "3600020 create ok" },
	{ "down takes only times", BOTH, "",
	  "verb a down {\"ms\":0}; verb a down {\"ms\":\"1\"}; verb a down {\"ms\":-2}",
	  "0 down misconfigured; 0 down misconfigured; 0 down misconfigured" },
	/* --- behaviours --- */
	{ "create fails twice, then works", BOTH, "",
	  "verb a behave {\"create\":{\"fail\":\"throttled\",\"times\":2,\"retry_after_ms\":5000}}; "
	  "create a s1 1 p1; create a s2 2 p1; create a s3 3 p1; run 30ms",
	  "0 behave ok {\"script\":{\"create\":{\"fail\":\"throttled\",\"times\":2,\"retry_after_ms\":5000}}}; "
	  "20 create throttled retry=5000; 20 create throttled retry=5000; 20 create ok" },
	{ "create fails until it is told otherwise", BOTH, "",
	  "verb a behave {\"create\":{\"fail\":\"refused\"}}; create a s1 1 p1; create a s2 2 p1; "
	  "run 30ms; verb a behave {\"create\":null}; create a s3 3 p1; run 30ms",
	  "0 behave ok {\"script\":{\"create\":{\"fail\":\"refused\"}}}; 20 create refused; "
	  "20 create refused; 30 behave ok {\"script\":{}}; 50 create ok" },
	{ "a lost reply: the session lives", BOTH, "",
	  "verb a behave {\"create\":{\"lose_reply\":1}}; create a s1 1 p1; run 30ms; list; "
	  "run 300ms; close",
	  "0 behave ok {\"script\":{\"create\":{\"lose_reply\":1}}}; "
	  "35 list ok complete s1/1=starting; 300 s1/1 qr 2@mock,s1,0 for 20000; "
	  "330 create cancelled" },
	{ "a lost request: no session, no answer", BOTH, "",
	  "verb a behave {\"create\":{\"never_answer\":1}}; create a s1 1 p1; run 30ms; list; "
	  "run 1s; close",
	  "0 behave ok {\"script\":{\"create\":{\"never_answer\":1}}}; 35 list ok complete; "
	  "1030 create cancelled" },
	{ "an unknown outcome: the session lives", BOTH, "",
	  "verb a behave {\"create\":{\"unknown\":1}}; create a s1 1 p1; run 30ms; list; run 10ms",
	  "0 behave ok {\"script\":{\"create\":{\"unknown\":1}}}; 20 create network unknown; "
	  "35 list ok complete s1/1=starting" },
	{ "late apply: the session begins later, and the answer comes then", BOTH, "",
	  "verb a behave {\"create\":{\"late_apply_ms\":1000,\"late_times\":1}}; create a s1 1 p1; "
	  "list; disconnect a s1 1; run 1500ms; list; run 10ms",
	  "0 behave ok {\"script\":{\"create\":{\"late_apply_ms\":1000,\"late_times\":1}}}; "
	  "5 list ok complete; 20 disconnect ok; 1000 create ok; "
	  "1300 s1/1 qr 2@mock,s1,0 for 20000; 1505 list ok complete s1/1=qr" },
	{ "late apply with a lost reply, and a newer session meanwhile: two live without a fence", LISTABLE, "scan_ms=100ms",
	  "verb a behave {\"create\":{\"late_apply_ms\":1000,\"late_times\":1,\"lose_reply\":1}}; "
	  "create a s1 1 p1; run 50ms; create a s2 2 p1; run 2s; list; run 10ms; close",
	  "0 behave ok {\"script\":{\"create\":{\"lose_reply\":1,\"late_apply_ms\":1000,\"late_times\":1}}}; "
	  "70 create ok; 350 s2/2 qr 2@mock,s2,0 for 20000; 450 s2/2 authenticated; "
	  "750 s2/2 connected +999200555641996; 1300 s1/1 qr 2@mock,s1,0 for 20000; "
	  "1400 s1/1 authenticated; 1700 s1/1 connected +999200555641996; "
	  "2055 list ok complete s1/1=connected s2/2=connected; 2060 create cancelled" },
	{ "late apply with a lost reply, and a newer session meanwhile: a fence keeps one", FENCED, "scan_ms=100ms",
	  "verb a behave {\"create\":{\"late_apply_ms\":1000,\"late_times\":1,\"lose_reply\":1}}; "
	  "create a s1 1 p1; run 50ms; create a s2 2 p1; run 2s; list; run 10ms; close",
	  "0 behave ok {\"script\":{\"create\":{\"lose_reply\":1,\"late_apply_ms\":1000,\"late_times\":1}}}; "
	  "70 create ok; 350 s2/2 qr 2@mock,s2,0 for 20000; 450 s2/2 authenticated; "
	  "750 s2/2 connected +999200555641996; 2055 list ok complete s2/2=connected; "
	  "2060 create cancelled" },
	{ "disconnect lies: success, and the session lives on", BOTH, "",
	  "create a s1 1 p1; run 30ms; verb a behave {\"disconnect\":{\"lie\":1}}; "
	  "disconnect a s1 1; run 30ms; list; disconnect a s1 1; run 30ms; list; run 10ms",
	  "20 create ok; 30 behave ok {\"script\":{\"disconnect\":{\"lie\":1}}}; 50 disconnect ok; "
	  "65 list ok complete s1/1=starting; 80 disconnect ok; 95 list ok complete" },
	{ "disconnect fails, loses its reply, is unknown", BOTH, "",
	  "create a s1 1 p1; run 30ms; "
	  "verb a behave {\"disconnect\":{\"fail\":\"network\",\"times\":1,\"lose_reply\":1,\"unknown\":1}}; "
	  "disconnect a s1 1; disconnect a s1 1; disconnect a s1 1; disconnect a s1 1; run 30ms; "
	  "list; run 10ms; close",
	  "20 create ok; "
	  "30 behave ok {\"script\":{\"disconnect\":{\"fail\":\"network\",\"times\":1,\"lose_reply\":1,\"unknown\":1}}}; "
	  "50 disconnect network; 50 disconnect network unknown; 50 disconnect ok; "
	  "65 list ok complete; 70 disconnect cancelled" },
	{ "health fails", BOTH, "",
	  "create a s1 1 p1; verb a behave {\"health\":{\"fail\":\"provider_down\",\"times\":1}}; "
	  "health a s1 1; run 30ms; health a s1 1; run 30ms",
	  "0 behave ok {\"script\":{\"health\":{\"fail\":\"provider_down\",\"times\":1}}}; "
	  "5 health provider_down; 20 create ok; 35 health ok starting" },
	{ "list fails, is partial, is an empty error", BOTH, "",
	  "create a s1 1 p1; create b s2 1 p2; run 30ms; "
	  "verb - behave {\"list\":{\"fail\":\"network\",\"times\":1,\"partial\":1,\"empty_error\":1}}; "
	  "list; run 10ms; list; run 10ms; list; run 10ms; list; run 10ms",
	  "20 create ok; 20 create ok; "
	  "30 behave ok {\"script\":{\"list\":{\"fail\":\"network\",\"times\":1,\"partial\":1,\"empty_error\":1}}}; "
	  "35 list network partial; 45 list ok partial s1/1=starting; "
	  "55 list provider_down complete; 65 list ok complete s1/1=starting s2/1=starting" },
	{ "list never answers", BOTH, "",
	  "verb - behave {\"list\":{\"never_answer\":1}}; list; list; run 10ms; close",
	  "0 behave ok {\"script\":{\"list\":{\"never_answer\":1}}}; 5 list ok complete; "
	  "10 list cancelled partial" },
	{ "a message is sent by a connected session, and by no other", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 350ms; send a s1 1 {\"to\":\"1\",\"text\":\"x\"}; run 650ms; "
	  "send a s1 1 {\"to\":\"1\",\"text\":\"x\"}; send a s9 1 {\"to\":\"1\",\"text\":\"x\"}; run 1s",
	  "20 create ok; 300 s1/1 qr 2@mock,s1,0 for 20000; 370 send gone; 400 s1/1 authenticated; "
	  "700 s1/1 connected +999200555641996; "
	  "1000 s1/1 sent {\"id\":\"s1.1\",\"chat\":\"1\",\"from\":\"999200555641996\",\"to\":\"1\",\"text\":\"x\",\"type\":\"chat\",\"timestamp\":1763287201}; "
	  "1020 send ok {\"message_id\":\"s1.1\",\"timestamp\":1763287201}; 1020 send gone" },
	{ "a message with an id is sent once", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; send a s1 1 {\"to\":\"1\",\"request_id\":\"r1\"}; "
	  "send a s1 1 {\"to\":\"1\",\"request_id\":\"r1\"}; send a s1 1 {\"to\":\"1\",\"request_id\":\"r2\"}; run 1s",
	  "0 s1/1 sent {\"id\":\"s1.1\",\"chat\":\"1\",\"from\":\"999200555641996\",\"to\":\"1\",\"text\":\"\",\"type\":\"chat\",\"timestamp\":1763287201}; "
	  "0 s1/1 sent {\"id\":\"s1.2\",\"chat\":\"1\",\"from\":\"999200555641996\",\"to\":\"1\",\"text\":\"\",\"type\":\"chat\",\"timestamp\":1763287201}; "
	  "20 send ok {\"message_id\":\"s1.1\",\"timestamp\":1763287201}; "
	  "20 send ok {\"message_id\":\"s1.1\",\"timestamp\":1763287201}; "
	  "20 send ok {\"message_id\":\"s1.2\",\"timestamp\":1763287201}" },
	{ "send fails, is lost and is unknown, in this order", BOTH, "scan_ms=100ms",
	  "create a s1 1 p1; run 1s; forget; verb a behave {\"send\":{\"fail\":\"throttled\",\"times\":1,\"retry_after_ms\":7000,\"unknown\":1}}; "
	  "send a s1 1 {\"to\":\"1\",\"request_id\":\"r1\"}; run 30ms; send a s1 1 {\"to\":\"1\",\"request_id\":\"r1\"}; run 30ms; "
	  "send a s1 1 {\"to\":\"1\",\"request_id\":\"r1\"}; run 1s",
	  "0 behave ok {\"script\":{\"send\":{\"fail\":\"throttled\",\"times\":1,\"retry_after_ms\":7000,\"unknown\":1}}}; "
	  "20 send throttled retry=7000; "
	  "30 s1/1 sent {\"id\":\"s1.1\",\"chat\":\"1\",\"from\":\"999200555641996\",\"to\":\"1\",\"text\":\"\",\"type\":\"chat\",\"timestamp\":1763287201}; "
	  "50 send network unknown {\"message_id\":\"s1.1\",\"timestamp\":1763287201}; "
	  "80 send ok {\"message_id\":\"s1.1\",\"timestamp\":1763287201}" },
	{ "a scripted drop comes a while after the connect, as often as said", BOTH, "scan_ms=100ms",
	  "verb a behave {\"drop\":{\"after_ms\":1000,\"cause\":\"engine_crash\",\"times\":1}}; "
	  "create a s1 1 p1; run 2s; forget; create a s2 2 p1 resume; run 5s",
	  "20 create ok; 500 s2/2 connected +999200555641996" },
	{ "a scripted drop follows a scan by hand too", BOTH, "",
	  "verb a behave {\"drop\":{\"after_ms\":1000,\"how\":\"down\",\"times\":1}}; "
	  "create a s1 1 p1; run 400ms; verb a scan; run 2s; list; run 10ms",
	  "0 behave ok {\"script\":{\"drop\":{\"after_ms\":1000,\"how\":\"down\",\"times\":1}}}; "
	  "20 create ok; 300 s1/1 qr 2@mock,s1,0 for 20000; 400 s1/1 authenticated; "
	  "400 scan ok {\"scanned\":1}; 700 s1/1 connected +999200555641996; "
	  "1700 s1/1 down network; 2405 list ok complete s1/1=down:network" },
	{ "who scans before the script does brings the scripted drop forward", BOTH, "scan_ms=5s",
	  "verb a behave {\"drop\":{\"after_ms\":1000,\"times\":1}}; create a s1 1 p1; run 400ms; forget; "
	  "verb a scan; run 10s",
	  "0 s1/1 authenticated; 0 scan ok {\"scanned\":1}; 300 s1/1 connected +999200555641996; "
	  "1300 s1/1 down network" },
	{ "latencies can be scripted for an account", BOTH, "",
	  "verb a behave {\"qr_ms\":50,\"scan_ms\":50,\"auth_ms\":50,\"create_ms\":1}; "
	  "create a s1 1 p1; create b s2 1 p2; run 320ms",
	  "0 behave ok {\"script\":{\"create_ms\":1,\"qr_ms\":50,\"scan_ms\":50,\"auth_ms\":50}}; "
	  "1 create ok; 20 create ok; 50 s1/1 qr 2@mock,s1,0 for 20000; 100 s1/1 authenticated; "
	  "150 s1/1 connected +999200555641996; 300 s2/1 qr 2@mock,s2,0 for 20000" },
	{ "a phone can be scripted, and hidden", BOTH, "scan_ms=1ms",
	  "verb a behave {\"phone\":\"4930123\"}; verb b behave {\"phone\":\"\"}; "
	  "create a s1 1 p1; create b s2 1 p2; run 700ms",
	  "0 behave ok {\"script\":{\"phone\":\"4930123\"}}; "
	  "0 behave ok {\"script\":{\"phone\":\"\"}}; 20 create ok; 20 create ok; "
	  "300 s1/1 qr 2@mock,s1,0 for 20000; 300 s2/1 qr 2@mock,s2,0 for 20000; "
	  "301 s1/1 authenticated; 301 s2/1 authenticated; 601 s1/1 connected +4930123; "
	  "601 s2/1 connected" },
	{ "push can be switched off for one account", BOTH, "",
	  "verb a behave {\"push\":false}; create a s1 1 p1; create b s2 1 p2; run 320ms",
	  "0 behave ok {\"script\":{\"push\":false}}; 20 create ok; 20 create ok; "
	  "300 s2/1 qr 2@mock,s2,0 for 20000" },
	{ "the account's script comes before the instance's", BOTH, "",
	  "verb - behave {\"create\":{\"fail\":\"refused\"}}; "
	  "verb a behave {\"create\":{\"fail\":\"network\",\"times\":1}}; create a s1 1 p1; "
	  "create a s2 2 p1; create b s3 1 p2; run 30ms",
	  "0 behave ok {\"script\":{\"create\":{\"fail\":\"refused\"}}}; "
	  "0 behave ok {\"script\":{\"create\":{\"fail\":\"network\",\"times\":1}}}; "
	  "20 create network; 20 create refused; 20 create refused" },
	{ "behave refuses what it does not know", BOTH, "",
	  "verb a behave {\"qr\":1}; verb a behave {\"create\":{\"fial\":1}}; "
	  "verb a behave {\"create\":{\"fail\":\"none\"}}; verb a behave {\"create\":1}; "
	  "verb a behave {\"list\":{\"partial\":1}}; verb a behave {\"jitter\":101}; "
	  "verb a behave {\"qr_ms\":-1}; verb a behave {\"reset\":1}; "
	  "verb a behave {\"phone\":\"+49\"}; verb a behave {\"drop\":{\"how\":\"x\"}}; "
	  "verb a behave {\"push\":1}; verb a behave {\"qr_ms\":5,\"x\":1}; verb a behave",
	  "0 behave misconfigured; 0 behave misconfigured; 0 behave misconfigured; "
	  "0 behave misconfigured; 0 behave misconfigured; 0 behave misconfigured; "
	  "0 behave misconfigured; 0 behave misconfigured; 0 behave misconfigured; "
	  "0 behave misconfigured; 0 behave misconfigured; 0 behave misconfigured; "
	  "0 behave ok {\"script\":{}}" },
	{ "behave with reset forgets", BOTH, "",
	  "verb a behave {\"qr_ms\":5,\"create\":{\"unknown\":true}}; "
	  "verb a behave {\"reset\":true,\"scan_ms\":7}",
	  "0 behave ok {\"script\":{\"qr_ms\":5,\"create\":{\"unknown\":true}}}; "
	  "0 behave ok {\"script\":{\"scan_ms\":7}}" },
	{ "metadata scripts an account, and its counts go on while it stays the same", BOTH, "",
	  "create a s1 1 p1 {\"mock\":{\"create\":{\"fail\":\"network\",\"times\":2}}}; "
	  "create a s2 2 p1 {\"x\":1,\"mock\":{\"create\":{\"times\":2,\"fail\":\"network\"}}}; "
	  "create a s3 3 p1 {\"mock\":{\"create\":{\"fail\":\"network\",\"times\":2}}}; run 30ms",
	  "20 create network; 20 create network; 20 create ok" },
	{ "new metadata begin anew", BOTH, "",
	  "create a s1 1 p1 {\"mock\":{\"create\":{\"fail\":\"network\",\"times\":1}}}; "
	  "create a s2 2 p1 {\"mock\":{\"create\":{\"fail\":\"refused\",\"times\":1}}}; run 30ms; "
	  "create a s3 3 p1; run 30ms",
	  "20 create network; 20 create refused; 50 create ok" },
	{ "metadata that cannot be read are refused", BOTH, "",
	  "create a s1 1 p1 {\"mock\":{\"qr\":1}}; run 30ms; list; run 10ms",
	  "0 create misconfigured; 35 list ok complete" },
	{ "metadata of others are left alone", BOTH, "",
	  "create a s1 1 p1 {\"mocking\":\"mock\",\"n\":{\"mock\":1}}; run 30ms",
	  "20 create ok" },
	{ "the instance can be scripted in its configuration", BOTH, "script={\"create\":{\"fail\":\"network\",\"times\":1},\"qr_ms\":1}",
	  "create a s1 1 p1; create b s2 1 p2; run 30ms",
	  "1 s2/1 qr 2@mock,s2,0 for 20000; 20 create network; 20 create ok" },
	{ "close answers what is open", BOTH, "",
	  "create a s1 1 p1; list; health a s1 1; disconnect a s1 1; close",
	  "0 create cancelled; 0 list cancelled partial s1/1=starting; 0 health cancelled; "
	  "0 disconnect cancelled" },
};
// clang-format on
const size_t n_stories = sizeof stories / sizeof stories[0];
