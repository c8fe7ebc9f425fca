// A communicator over MPI. Does not own the MPI_Comm: the session does.
#pragma once

#include <mpi.h>

#include "collectives/communicator.hpp"

namespace petaproof {

class MpiCommunicator : public Communicator {
 public:
  explicit MpiCommunicator(MPI_Comm comm);

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void broadcast(void* data, std::size_t bytes) override;
  bool any(bool mine) override;
  std::int64_t minimum(std::int64_t mine) override;

  MPI_Comm comm() const { return comm_; }

 private:
  MPI_Comm comm_;
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace petaproof
