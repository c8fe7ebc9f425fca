#include "kernels/bench/session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/device/module.hpp"
#include "kernels/measure/search.hpp"
#include "kernels/registry.hpp"

namespace petaproof::bench {
namespace {

constexpr const char* needs_ranks = "needs the ranks of `petaproof run`";
constexpr std::uint8_t poison = 0xFF;  // all bits set is a NaN in every IEEE format

// In the order in which the workload lists its parameters; of those, what is part of this case.
std::string name_of(const std::string& workload, const WorkloadInfo& info, const Params& params) {
  std::string name = workload;
  for (const ParamSpec& spec : info.params)
    if (const auto found = params.values().find(spec.name); found != params.values().end())
      name += fmt::format("/{}:{}", spec.name, to_string(found->second));
  return name;
}

// The defaults, and for each choice in turn its other values.
std::vector<Params> variants(const WorkloadInfo& info, const std::string& name) {
  std::vector<Params> result{Params::complete(info.params, {}, name)};
  for (const ParamSpec& spec : info.params)
    for (std::size_t i = 1; i < std::min(spec.choices.size(), spec.swept); ++i)
      result.push_back(Params::complete(info.params, {{spec.name, spec.choices[i]}}, name));
  return result;
}

}  // namespace

Prepared::Prepared(const Subject& subject, Device& device)
    : device_(device),
      params_(subject.params),
      context_(device, params_, Fill::normal, 1),
      workload_(Registry::instance().make(subject.workload)),
      timer_(device.make_timer()) {
  workload_->prepare(context_);
  if (workload_->info().searches) {
    SoloAgreement alone;
    NoProgress unwatched;
    SearchMemory none;
    search(*workload_, device, params_, alone, unwatched, none);
  }
  poison_outputs();
  for (int slot = 0; slot < workload_->slots(); ++slot) launch();
  wrong_ = verify();
}

void Prepared::poison_outputs() {
  for (int slot = 0; slot < workload_->slots(); ++slot)
    for (const Region& region : workload_->outputs(slot)) device_.set_bytes(region, poison);
  device_.stream().synchronize();
  launched_ = 0;
}

double Prepared::launch() {
  Stream& stream = device_.stream();
  device_.flush_cache(stream);  // as in mode burst: it runs while the launch is enqueued
  timer_->start(stream);
  workload_->launch(stream, static_cast<int>(launched_++ % workload_->slots()));
  timer_->stop(stream);
  return timer_->seconds();
}

std::string Prepared::verify() {
  device_.stream().synchronize();
  const auto slots = static_cast<int>(std::min<std::int64_t>(launched_, workload_->slots()));
  for (int slot = 0; slot < slots; ++slot)
    if (const Verification result = workload_->verify(context_, slot); !result.pass)
      return fmt::format("wrong result, slot {}: {}", slot, result.detail);
  return {};
}

Session::Session() {
  load_module("cuda");
  for (const CatalogueEntry& entry : built_in_catalogue()) {
    const std::string name(entry.name);
    const std::string why = Registry::instance().why_absent(name);
    // what is of the program and not here is a collective, which this one is not linked with
    if (!why.empty()) leave_out(name, entry.missing.empty() && entry.home == "program" ? needs_ranks : why);
  }
  for (const std::string& name : Registry::instance().workload_names()) add(name);
}

std::vector<const Device*> Session::devices() const {
  std::vector<const Device*> result;
  for (const auto& [backend, device] : devices_)
    if (device) result.push_back(device.get());
  return result;
}

Device* Session::device_for(const Workload& workload) {
  const std::string& name = workload.info().backend;
  if (const auto found = devices_.find(name); found != devices_.end()) return found->second.get();
  const Backend* backend = Registry::instance().backend(name);
  auto& device = devices_[name];
  if (backend && backend->device_count() > 0) device = backend->open(0, 1);
  return device.get();
}

void Session::leave_out(const std::string& what, const std::string& why) {
  for (LeftOut& known : left_out_)
    if (known.why == why) {
      known.what += ", " + what;
      return;
    }
  left_out_.push_back({what, why});
}

// What cannot run here is left out now, so that a benchmark that fails has really gone wrong.
void Session::add(const std::string& name) {
  const auto workload = Registry::instance().make(name);
  const WorkloadInfo& info = workload->info();
  if (info.collective) return leave_out(name, needs_ranks);
  Device* device = device_for(*workload);
  if (!device) {
    const Backend* backend = Registry::instance().backend(info.backend);
    return leave_out(name, backend ? backend->why_none() : "there is no backend " + info.backend);
  }
  for (const Params& params : variants(info, name)) {
    Subject subject{name, params, name_of(name, info, params)};
    if (const auto refusal = refusal_of(*workload, {*device, 1}, params))
      leave_out(subject.name, *refusal);
    else
      subjects_.push_back(std::move(subject));
  }
}

Prepared& Session::prepared(const Subject& subject) {
  if (!prepared_ || prepared_name_ != subject.name) {
    prepared_.reset();  // its memory first
    prepared_.emplace(subject, *device_for(*Registry::instance().make(subject.workload)));
    prepared_name_ = subject.name;
  }
  return *prepared_;
}

}  // namespace petaproof::bench
