#include "collectives/mpi/communicator.hpp"

#include "collectives/mpi/check.hpp"

namespace petaproof {

MpiCommunicator::MpiCommunicator(MPI_Comm comm) : comm_(comm) {
  PETAPROOF_MPI(MPI_Comm_rank(comm, &rank_));
  PETAPROOF_MPI(MPI_Comm_size(comm, &size_));
}

}  // namespace petaproof
