#include "harness/record/provenance.hpp"

#include <fmt/core.h>
#include <gnu/libc-version.h>
#include <openssl/crypto.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/build_facts.hpp"

extern char** environ;

namespace petaproof {
namespace {

using nlohmann::json;

constexpr std::string_view recorded_prefixes[] = {"NCCL_",     "UCX_",    "OMPI_MCA_", "PRTE_MCA_",
                                                  "PMIX_MCA_", "CUBLAS_", "CUBLASLT_", "CUDNN_",
                                                  "OPENBLAS_", "OMP_",    "GOMP_",     "PETAPROOF_"};
constexpr std::string_view recorded_names[] = {
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_DEVICE_MAX_CONNECTIONS", "CUDA_MODULE_LOADING",
    // these slow down, hide or exchange what the driver runs: not undone, but never unseen
    "CUDA_LAUNCH_BLOCKING", "CUDA_FORCE_PTX_JIT", "CUDA_DISABLE_PTX_JIT", "CUDA_CACHE_DISABLE",
    "CUDA_INJECTION64_PATH", "CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE",
    "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "LD_PRELOAD", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_TF32_OVERRIDE",
    "LD_LIBRARY_PATH", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "SLURM_JOB_ID", "SLURM_JOB_NUM_NODES",
    "SLURM_NNODES", "SLURM_NTASKS", "SLURM_NTASKS_PER_NODE", "SLURM_STEP_NUM_TASKS", "SLURM_GPUS_PER_NODE",
    "SLURM_GPUS_PER_TASK", "SLURM_GPUS_ON_NODE", "SLURM_GPU_BIND"};
// Open MPI 4 hands its daemons' contact addresses and the job's session key down in variables of these prefixes.
constexpr std::string_view never_recorded[] = {"OMPI_MCA_orte_",   "OMPI_MCA_ess_", "OMPI_MCA_pmix",
                                               "OMPI_MCA_initial", "PMIX_MCA_psec", "PMIX_MCA_mca_base"};

std::string first_line_with(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

std::string operating_system() {
  std::ifstream file("/etc/os-release");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("PRETTY_NAME=\"")) return line.substr(13, line.size() - 14);
  return "unknown";
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

json build_json() {
  const BuildFacts& facts = build_facts();
  return {{"version", facts.version},   {"git_commit", facts.git_commit}, {"git_dirty", facts.git_dirty},
          {"compiler", facts.compiler}, {"flags", facts.flags},           {"build_type", facts.build_type}};
}

json library_json(const std::string& mpi_library) {
  json result{{"glibc", gnu_get_libc_version()},
              {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
              {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                            NLOHMANN_JSON_VERSION_PATCH)},
              {"fmt", FMT_VERSION}};
  // null: one rank without a launcher, so MPI was not started
  result["mpi"] = mpi_library.empty() ? json(nullptr) : json(mpi_library);
  return result;
}

json host_json() {
  utsname system{};
  uname(&system);
  return {{"name", host_name()},
          {"operating_system", operating_system()},
          {"kernel", system.release},
          {"cpu", first_line_with("/proc/cpuinfo", "model name")},
          {"cores_online", sysconf(_SC_NPROCESSORS_ONLN)},
          {"memory_bytes", static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE)}};
}

std::string usable_cpus() {
  return first_line_with("/proc/self/status", "Cpus_allowed_list");
}

bool is_recorded_variable(std::string_view name) {
  const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
  if (std::ranges::any_of(never_recorded, begins)) return false;
  return std::ranges::any_of(recorded_prefixes, begins) ||
         std::ranges::find(recorded_names, name) != std::end(recorded_names);
}

json environment_json() {
  json result = json::object();
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    if (is_recorded_variable(text.substr(0, equals)))
      result[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  return result;
}

}  // namespace petaproof
