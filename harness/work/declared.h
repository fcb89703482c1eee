/*
 * declared.h - checks what kinds and families declare.
 *
 * Each is checked once, before anything else uses it: code that reads a declaration later may rely
 * on it. Kinds of this tree and users' own kinds pass the same checks.
 */
#ifndef CONCBENCH_DECLARED_H
#define CONCBENCH_DECLARED_H

#include "harness/work/registry.h"

/**
 * declared_kind() - check a kind whose family has been found; NULL: it has none. @k: its
 * parameters, the family's and its own, are put together on the way.
 * @err: one line: which kind, which member, what is accepted. The number of PUs is not known here:
 * bounds that a large machine breaks show when cases are made. Return: 0; -EINVAL; -ENOMEM.
 */
int declared_kind(struct kind *k, char *err, size_t err_len);

/** declared_family() - the same for what a family gives to all its kinds. */
int declared_family(const struct cb_family *f, char *err, size_t err_len);

/** declared_wrong() - one line about a kind. Return: -EINVAL. */
int declared_wrong(const struct cb_kind *k, char *err, size_t err_len, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
