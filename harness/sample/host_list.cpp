#include "harness/sample/host_list.hpp"

#include <fmt/format.h>

#include "harness/sample/host_range.hpp"

namespace petaproof::sample {

std::string host_list(const std::vector<std::string>& names, HostFormat format, std::int64_t slots) {
  if (format == HostFormat::slurm) return compress_hosts(names) + "\n";
  std::string text;
  for (const std::string& name : names)
    text += format == HostFormat::mpirun ? fmt::format("{} slots={}\n", name, slots) : name + "\n";
  return text;
}

std::string launch_command(const std::string& file, std::size_t nodes, HostFormat format, std::int64_t slots) {
  const std::int64_t ranks = static_cast<std::int64_t>(nodes) * slots;
  const std::string run = fmt::format("petaproof run SUITE --expect-ranks {}", ranks);
  switch (format) {
    case HostFormat::slurm:
      return fmt::format("srun --mpi=pmix --nodelist=\"$(cat {})\" -N{} --ntasks-per-node={} {}", file, nodes, slots,
                         run);
    case HostFormat::mpirun:
      return fmt::format("mpirun --hostfile {} -np {} --map-by ppr:{}:node {}", file, ranks, slots, run);
    case HostFormat::plain: break;
  }
  return fmt::format("{}, on every host of {}", run, file);
}

}  // namespace petaproof::sample
