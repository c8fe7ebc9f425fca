#include "collectives/mpi/communicator.hpp"

#include "collectives/mpi/check.hpp"

namespace petaproof {

MpiCommunicator::MpiCommunicator(MPI_Comm comm) : comm_(comm) {
  PETAPROOF_MPI(MPI_Comm_rank(comm, &rank_));
  PETAPROOF_MPI(MPI_Comm_size(comm, &size_));
}

void MpiCommunicator::broadcast(void* data, std::size_t bytes) {
  PETAPROOF_INVARIANT(bytes <= INT32_MAX);  // MPI counts in int; a set-up message is small
  PETAPROOF_MPI(MPI_Bcast(data, static_cast<int>(bytes), MPI_BYTE, 0, comm_));
}

bool MpiCommunicator::any(bool mine) {
  int all = mine ? 1 : 0;
  PETAPROOF_MPI(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MAX, comm_));
  return all != 0;
}

std::int64_t MpiCommunicator::minimum(std::int64_t mine) {
  PETAPROOF_MPI(MPI_Allreduce(MPI_IN_PLACE, &mine, 1, MPI_INT64_T, MPI_MIN, comm_));
  return mine;
}

}  // namespace petaproof
