/* pipe.h - what two workers pass a byte through; public for what is wrong with it on purpose. */
#ifndef CONCBENCH_HANDOFF_PIPE_H
#define CONCBENCH_HANDOFF_PIPE_H

#define TOKEN 'T'

struct pipes {
	int to[2][2]; /* [worker] the pipe that it reads: read end, write end */
};

#endif
