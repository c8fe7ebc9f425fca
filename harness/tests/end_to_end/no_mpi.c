// Preloaded into the program, it tells whether MPI is started: instead of MPI_Init, the process ends with code 99.
#include <stdio.h>
#include <unistd.h>

static int refuse(void) {
  fputs("MPI_Init was called\n", stderr);
  fflush(stderr);
  _exit(99);
}

int MPI_Init(int* argc, char*** argv) {
  (void)argc, (void)argv;
  return refuse();
}

int MPI_Init_thread(int* argc, char*** argv, int required, int* provided) {
  (void)argc, (void)argv, (void)required, (void)provided;
  return refuse();
}
