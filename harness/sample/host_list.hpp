// A draw as launchers take it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace petaproof::sample {

enum class HostFormat {
  mpirun,  // Open MPI's hostfile: "n001 slots=8", one a line
  slurm,   // for srun's and sbatch's --nodelist: "n[001,017,042]"
  plain,   // one name a line
};

/// `names` in the order given; `slots` are ranks for each, and only mpirun's format has them.
std::string host_list(const std::vector<std::string>& names, HostFormat format, std::int64_t slots);

/// The command that starts a run on the hosts of `file`.
std::string launch_command(const std::string& file, std::size_t nodes, HostFormat format, std::int64_t slots);

}  // namespace petaproof::sample
