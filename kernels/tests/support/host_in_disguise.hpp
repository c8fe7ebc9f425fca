// The host's device under other facts, for modules that stand in for CUDA's: what it computes and the time it takes
// are the host's, and what it says of itself is its owner's to decide.
#pragma once

#include <memory>
#include <utility>

#include "kernels/device/device.hpp"

namespace petaproof::testing {

class HostInDisguise : public Device {
 public:
  explicit HostInDisguise(std::unique_ptr<Device> host) : host_(std::move(host)), facts_(host_->facts()) {}

  const DeviceFacts& facts() const override { return facts_; }
  Stream& stream() override { return host_->stream(); }
  std::unique_ptr<Timer> make_timer() override { return host_->make_timer(); }
  Buffer allocate(std::size_t bytes) override { return host_->allocate(bytes); }
  void copy_to_host(void* to, const void* from, std::size_t bytes) override { host_->copy_to_host(to, from, bytes); }
  void copy_from_host(void* to, const void* from, std::size_t bytes) override {
    host_->copy_from_host(to, from, bytes);
  }
  void set_bytes(const Region& region, std::uint8_t value) override { host_->set_bytes(region, value); }
  std::uint64_t digest(const Region& region) override { return host_->digest(region); }
  void flush_cache(Stream& stream) override { host_->flush_cache(stream); }
  double now() const override { return host_->now(); }

 protected:
  DeviceFacts& facts_for_change() { return facts_; }

 private:
  std::unique_ptr<Device> host_;
  DeviceFacts facts_;
};

}  // namespace petaproof::testing
