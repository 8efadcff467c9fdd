/* spare.c - refuses clients when there is no descriptor for them. */
#include "api/spare.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/face.h"
#include "api/response.h"

void spare_open(struct spare *s)
{
	if (s->fd < 0)
		s->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void spare_close(struct spare *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* As far as the socket takes it at once: nothing waits for this client. */
static void tell(struct face *f, int fd)
{
	struct response r = { .status = 503, .type = TYPE_PROBLEM };
	struct buf content, out;
	struct problem p;

	problem_set(&p, PROBLEM_too_many_connections,
		    "Relink has no file descriptor left for another connection: allow it more "
		    "(LimitNOFILE), or lower http.connections.");
	buf_init(&content, 4096);
	buf_init(&out, 8192);
	problem_json(&content, &p);
	r.body = buf_all(&content);
	response_header(&r, "Retry-After", STR("1"));
	response_write(&out, &r, face_date(f), false, false);
	if (out.failed == 0)
		send(fd, out.p, out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_fini(&content);
	buf_fini(&out);
}

bool spare_refuse(struct spare *s, int listen_fd, struct face *f)
{
	int fd;

	if (s->fd < 0)
		return false;
	spare_close(s);
	fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		f->stats.exhausted++;
		f->stats.refused++;
		tell(f, fd);
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	spare_open(s);
	return fd >= 0;
}
