/* see /work/shared/design.md */
/* GET /v1/workers, src/home/page.c, ./work/x and ~/root are fine */
char *p = "/root";
/* in /home/somebody */
