// Stands in for the program in the tests of scripts/: a rank that does what its arguments say. (.cc, as every .cpp in
// this folder belongs to the harness tests.)
#include <mpi.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

int act(const std::string& what, const char* value, int rank, int size) {
  if (what == "exit") {
    std::fprintf(stderr, "a note from rank %d\n", rank);
    return std::atoi(value);
  }
  if (what == "threads" && rank == 0) {
    std::printf("ranks %d threads %s %s\n", size, std::getenv("OMP_NUM_THREADS"), std::getenv("OPENBLAS_NUM_THREADS"));
  } else if (what == "sum") {
    int sum = 0;
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    std::printf("rank %d of %d on %s: sum %d\n", rank, size, host, sum);
  } else if (what == "exchange") {
    std::vector<float> mine(1 << 20, 1.0F);
    std::vector<float> all(mine.size());
    const double start = MPI_Wtime();
    for (int i = std::atoi(value); i > 0; --i) {
      MPI_Allreduce(mine.data(), all.data(), static_cast<int>(mine.size()), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    }
    if (rank == 0) std::printf("%.0f\n", (MPI_Wtime() - start) * 1e3);
  } else if (what == "sleep") {
    sleep(static_cast<unsigned>(std::atoi(value)));
  } else if (what == "stuck") {
    // neither SIGTERM nor the loss of mpirun ends it
    std::signal(SIGTERM, SIG_IGN);
    for (;;) pause();
  } else if (what == "die" && rank == std::atoi(value)) {
    raise(SIGKILL);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const char* value = argc > 2 ? argv[2] : "0";
  if (what == "--help") {
    std::printf("the program's help\n");
    return 0;
  }
  if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr) {
    std::printf("alone with %d arguments, the last '%s'\n", argc - 1, argc > 1 ? argv[argc - 1] : "");
    return what == "exit" ? std::atoi(value) : 0;
  }
  MPI_Init(&argc, &argv);
  int rank = 0;
  int size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const int code = act(what, value, rank, size);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Finalize();
  return code;
}
