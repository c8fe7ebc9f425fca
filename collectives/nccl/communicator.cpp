// needs: cuda nccl
#include "collectives/nccl/communicator.hpp"

#include "collectives/agree.hpp"
#include "collectives/nccl/check.hpp"
#include "collectives/nccl_version.hpp"

namespace petaproof::nccl {
namespace {

// Reads no environment, so it may come before what is set there.
int loaded_version() {
  int version = 0;
  PETAPROOF_NCCL(ncclGetVersion(&version));
  return version;
}

const bool sharing_rule_added =
    (add_sharing_rule([](int process) { return sharing_variables(loaded_version(), process); }), true);

}  // namespace

// Never destroyed: by the time static objects are, CUDA may be gone, and the end of the process frees all the same.
Connection& Connection::instance() {
  static Connection& connection = *new Connection();
  return connection;
}

bool Connection::usable(const Communicator& among, const Device& device) const {
  if (!comm_ || broken_ || among_ != &among || device_uuid_ != device.facts().uuid) return false;
  ncclResult_t state = ncclSuccess;
  return ncclCommGetAsyncError(comm_, &state) == ncclSuccess && state == ncclSuccess;
}

bool Connection::join(Communicator& among, const Device& device) {
  if (!among.any(!usable(among, device))) return true;
  drop();
  if (connect(among, device)) return true;
  drop();
  return false;
}

bool Connection::connect(Communicator& among, const Device& device) {
  ncclUniqueId id{};
  const auto first_step = [&] {
    if (const std::string why = why_too_old(loaded_version()); !why.empty()) throw Error(Domain::not_supported, why);
    if (among.rank() == 0) PETAPROOF_NCCL(ncclGetUniqueId(&id));
  };
  if (!succeeds_everywhere(among, first_step)) return false;
  among.broadcast(&id, sizeof id);
  // A rank may leave a broadcast while others are still in it; nobody knocks at rank 0's socket before all are out.
  among.any(false);
  const auto second_step = [&] {
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 1;
    PETAPROOF_NCCL(ncclCommInitRankConfig(&comm_, among.size(), id, among.rank(), &config));
    among_ = &among;
    device_uuid_ = device.facts().uuid;
  };
  try {
    return succeeds_everywhere(among, second_step);
  } catch (...) {
    drop();
    throw;
  }
}

void Connection::check_async() {
  ncclResult_t state = ncclSuccess;
  PETAPROOF_NCCL(ncclCommGetAsyncError(comm_, &state));
  if (state == ncclSuccess) return;
  give_up();
  detail::check_nccl(state, "ncclCommGetAsyncError", std::source_location::current());
}

// ncclCommAbort waits for nobody; ncclCommDestroy may wait for the other ranks.
void Connection::drop() noexcept {
  if (comm_) PETAPROOF_NCCL_LOG(ncclCommAbort(comm_));
  comm_ = nullptr;
  among_ = nullptr;
  broken_ = false;
}

std::vector<std::pair<std::string, std::string>> version_notes() {
  return {{"nccl", version_text(loaded_version())}, {"nccl_compiled_against", version_text(NCCL_VERSION_CODE)}};
}

}  // namespace petaproof::nccl
