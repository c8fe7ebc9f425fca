// The ranks of a run, as one of them sees it. Two kinds: under a launcher MPI, otherwise a world of one that never
// calls MPI_Init.
//
// Rank layout comes from MPI, never from a launcher's variables; those are only held against it (preflight.hpp).
// Text is UTF-8 of any length. None of these calls has a deadline of its own: the watchdog's covers them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "collectives/communicator.hpp"
#include "kernels/measure/agreement.hpp"

namespace petaproof {

class World : public Agreement {
 public:
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual int node() const = 0;  // nodes are numbered by their lowest rank
  virtual int nodes() const = 0;
  virtual int node_rank() const = 0;  // within this node
  virtual int node_size() const = 0;

  bool is_root() const override { return rank() == 0; }
  bool leads_node() const { return node_rank() == 0; }

  /// Rank 0 receives every rank's text in rank order; the others nothing.
  virtual std::vector<std::string> gather(const std::string& mine) = 0;
  /// The same within the node, to its first rank.
  virtual std::vector<std::string> gather_node(const std::string& mine) = 0;
  /// Rank 0's text, on every rank.
  virtual std::string broadcast(const std::string& text) = 0;
  /// Element-wise maximum over all ranks, on every rank; all bring the same number of values.
  virtual std::vector<double> maximum(std::vector<double> values) = 0;

  virtual Communicator& communicator() = 0;

  /// "MPI 3.1, Open MPI v4.1.4 ..."; empty without MPI.
  virtual std::string library() const = 0;
};

/// What the launcher's variables say, before and independently of MPI.
struct LauncherFacts {
  std::string name;     // "Open MPI", "PMI", "Slurm step", "Slurm job"; empty: started by hand
  int ranks = 1;        // what it says the world's size is
  int rank = 0;         // only to decide who prints before MPI runs
  bool binding = true;  // false for "Slurm job": an sbatch script may rightly run one process by hand
};

LauncherFacts launcher_facts();

/// MPI's world if a launcher started this process, else a world of one. Throws Error(mpi).
std::unique_ptr<World> join_world(const LauncherFacts& launcher);

/// A world of one, for subcommands and tests.
std::unique_ptr<World> solo_world();

}  // namespace petaproof
