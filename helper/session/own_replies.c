#include "session/own_replies.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
own_send(struct session *s, struct pending *p)
{
	if (p->kind != PENDING_OWN || p->text == NULL)
		return;
	output_text(&s->out, CLIENT, p->text);
	queue_answer(p, NULL);
}

/* What is answered in the middle of a transfer goes out at once, and our replies to what was said
 * before it. */
void
own_send_before(struct session *s, const struct pending *p)
{
	for (size_t i = 0; i < s->queue.count && queue_at(&s->queue, i) != p; i++)
		own_send(s, queue_at(&s->queue, i));
}

static void
own_send_aside(struct session *s)
{
	const struct pending *head = queue_at(&s->queue, 0);
	/* what is said in the middle of it needs no end; or its reply may never come */
	bool late = head->started || head->aside || head->kind == PENDING_ABOR;
	bool doubt = head->doubtful; /* who has said it before that waits for both */

	for (size_t i = 1; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (p->kind == PENDING_OWN && p->aside)
			own_send_before(s, p);
		if (p->kind == PENDING_OWN && (p->aside || late || (doubt && p->gone_on)))
			own_send(s, p);
		else if (p->kind != PENDING_OWN)
			late = doubt = false;
	}
}

void
own_flush(struct session *s)
{
	struct pending *p;

	if (s->reply.open != 0 && !s->reply.collect)
		return; /* in the middle of another */
	while ((p = queue_at(&s->queue, 0)) != NULL && p->kind == PENDING_OWN) {
		own_send(s, p);
		queue_pop(&s->queue);
	}
	if (p == NULL || (p->kind != PENDING_TRANSFER && p->kind != PENDING_ABOR && !p->doubtful))
		return;
	if (p->swallow && p->instead != NULL) {
		output_text(&s->out, CLIENT, p->instead);
		free(p->instead);
		p->instead = NULL;
	}
	own_send_aside(s);
}

void
own_strange_greeting(struct session *s, const char *line, size_t len)
{
	char *text = s->facts.strange;

	for (size_t n = 0; n < len && n < sizeof(s->facts.strange) - 1 && text[n] == '\0'; n++)
		text[n] = isprint((unsigned char)line[n]) ? line[n] : '?';
	if (s->timer == SESSION_IDLE)
		session_arm(s, SESSION_STRANGE);
}

void
own_no_greeting(struct session *s)
{
	const char *text = s->facts.strange;
	char why[160];

	if (*text == '\0')
		snprintf(why, sizeof(why), "421 No FTP server answers at %.100s.", s->config.server_name);
	else
		snprintf(why, sizeof(why), "421 No FTP server is there, but one that says \"%s\"%s.", text,
		    strncmp(text, "SSH-", 4) == 0 ? ": this is an ssh server" : "");
	output_text(&s->out, CLIENT, why);
}
