// Where a run's numbers come from: enough for a stranger to repeat it or to doubt it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace petaproof {

std::string host_name();

/// Version, commit, compiler and flags of this binary; versions of the libraries it runs with. `mpi_library` as
/// World::library() tells.
nlohmann::json build_json();
nlohmann::json library_json(const std::string& mpi_library);

/// This host: kernel, CPU, cores, memory.
nlohmann::json host_json();

/// The cores that this process may run on, as binding left them: "0-3,8".
std::string usable_cpus();

/// The environment by allow-list: variables that change what is measured (NCCL, UCX, Open MPI, CUDA, Slurm's job
/// shape, threads). Never all of it: environments hold secrets.
nlohmann::json environment_json();
bool is_recorded_variable(std::string_view name);

}  // namespace petaproof
