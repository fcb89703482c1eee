/*
 * preflight.h - what a process has to be given before it can measure: said once, in a line each,
 * and not by every cell that fails of it.
 */
#ifndef CONCBENCH_PREFLIGHT_H
#define CONCBENCH_PREFLIGHT_H

/** preflight_stack() - for any command: is there the stack to run it on? Return: 0; EXIT_USAGE
 * after a line. */
int preflight_stack(const char *command);

/**
 * preflight() - before anything is measured. What cannot be done without is refused; what is not as
 * one may expect is said: under a CPU quota that is the first line.
 * Return: 0; EXIT_USAGE after a line.
 */
int preflight(const char *command);

#endif
