// needs: cuda
#include "kernels/attention/cuda/device_tensors.hpp"

#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/verify/cuda/attention_engine.hpp"

namespace petaproof {

std::vector<Region> DeviceTensors::written(AttentionPass pass) const {
  const auto region = [](const char* name, const Buffer& buffer) {
    return Region{name, buffer.data(), buffer.bytes()};
  };
  if (pass == AttentionPass::forward) return {region("O", o), region("log-sum-exp", lse)};
  return {region("dQ", d_q), region("dK", d_k), region("dV", d_v)};
}

DeviceTensors make_device_tensors(Context& context, const AttentionCase& one, std::uint64_t index) {
  const AttentionShape& s = one.shape;
  Device& device = context.device;
  const auto empty = [&](std::int64_t count, Element element) {
    return device.allocate(static_cast<std::size_t>(bytes_of(element, count)));
  };
  const auto filled = [&](std::int64_t count, std::uint64_t which) {
    Buffer buffer = empty(count, one.element);
    cuda::fill(one.element, buffer.data(), count, context.fill, context.seed, 4 * index + which,
               cuda::handle_of(device.stream()));
    return buffer;
  };
  DeviceTensors tensors;
  tensors.q = filled(s.q_count(), 0);
  tensors.k = filled(s.k_count(), 1);
  tensors.v = filled(s.v_count(), 2);
  tensors.o = empty(s.o_count(), one.element);
  tensors.lse = empty(s.lse_count(), Element::fp32);
  if (one.pass == AttentionPass::backward) {
    tensors.d_o = filled(s.o_count(), 3);
    tensors.d_q = empty(s.q_count(), one.element);
    tensors.d_k = empty(s.k_count(), one.element);
    tensors.d_v = empty(s.v_count(), one.element);
  }
  device.stream().synchronize();
  return tensors;
}

AttentionCheck make_device_check(Device& device, const AttentionCase& one, const DeviceTensors& tensors,
                                 std::uint64_t seed) {
  const auto engine = cuda::make_attention_engine(
      device, one.shape, one.pass,
      {one.element, tensors.q.data(), tensors.k.data(), tensors.v.data(), tensors.d_o.data()});
  return {one.shape, one.pass, one.element, *engine, seed, score_roundoff(one.element, device.facts())};
}

Verification check_on_device(Device& device, const AttentionCase& one, const DeviceTensors& tensors,
                             const AttentionCheck& check) {
  const AttentionOutputs outputs =
      one.pass == AttentionPass::forward
          ? AttentionOutputs{.o = tensors.o.data(), .lse = tensors.lse.as<float>()}
          : AttentionOutputs{.d_q = tensors.d_q.data(), .d_k = tensors.d_k.data(), .d_v = tensors.d_v.data()};
  return check.check(*cuda::make_attention_reader(device, one.shape, one.element, outputs));
}

}  // namespace petaproof
