// The world under MPI: MPI_COMM_WORLD for everybody, one communicator for each node.
#pragma once

#include <mpi.h>

#include "collectives/mpi/communicator.hpp"
#include "harness/run/world.hpp"

namespace petaproof {

class MpiWorld : public World {
 public:
  /// Calls MPI_Init; errors are returned, not fatal, from then on.
  MpiWorld();
  /// Calls MPI_Finalize, which waits for the other ranks: destroy it under the watchdog.
  ~MpiWorld() override;
  MpiWorld(const MpiWorld&) = delete;
  MpiWorld& operator=(const MpiWorld&) = delete;

  int rank() const override { return all_->rank(); }
  int size() const override { return all_->size(); }
  int node() const override { return node_; }
  int nodes() const override { return nodes_; }
  int node_rank() const override { return in_node_->rank(); }
  int node_size() const override { return in_node_->size(); }

  Meeting meet(std::int64_t root_value, bool flag) override;
  void fail(Domain why) override;
  std::vector<std::string> gather(const std::string& mine) override;
  std::vector<std::string> gather_node(const std::string& mine) override;
  std::string broadcast(const std::string& text) override;
  std::vector<double> maximum(std::vector<double> values) override;
  Communicator& communicator() override { return *for_workloads_; }
  std::string library() const override;

 private:
  // The control plane's own: what ranks say to each other never meets a workload's messages, not even where a rank
  // fails in the middle of a collective.
  MPI_Comm control_comm_ = MPI_COMM_NULL;
  MPI_Comm workload_comm_ = MPI_COMM_NULL;
  MPI_Comm node_comm_ = MPI_COMM_NULL;
  std::unique_ptr<MpiCommunicator> all_;
  std::unique_ptr<MpiCommunicator> for_workloads_;
  std::unique_ptr<MpiCommunicator> in_node_;
  int node_ = 0;
  int nodes_ = 1;
};

}  // namespace petaproof
