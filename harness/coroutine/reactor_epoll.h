/*
 * reactor_epoll.h - a reactor on epoll(7).
 */
#ifndef CONCBENCH_REACTOR_EPOLL_H
#define CONCBENCH_REACTOR_EPOLL_H

#include "harness/coroutine/reactor.h"

/**
 * reactor_epoll_create() - level-triggered, each descriptor registered once.
 * @ms_timeouts: use epoll_wait(2), as on a kernel without epoll_pwait2(2) (Linux 5.11); timeouts
 *     are then rounded up to milliseconds.
 * Return: 0; -errno.
 */
int reactor_epoll_create(bool ms_timeouts, struct reactor **out);

#endif
