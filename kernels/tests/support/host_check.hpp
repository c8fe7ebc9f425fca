// GemmCheck on vectors in host memory.
#pragma once

#include "kernels/verify/gemm_host.hpp"

namespace petaproof::testing {

template <typename T>
class HostCheck {
 public:
  HostCheck(GemmShape shape, std::span<const T> a, std::span<const T> b, std::uint64_t seed,
            const GemmRounding& rounding = HostGemmEngine<T>::rounding)
      : shape_(shape), a_(a), b_(b) {
    HostGemmEngine<T> engine(shape, a, b, {});
    check_.emplace(shape, rounding, engine, seed);
  }

  Verification check(std::span<const T> c) const {
    HostGemmEngine<T> engine(shape_, a_, b_, c);
    return check_->check(engine);
  }

 private:
  GemmShape shape_;
  std::span<const T> a_, b_;
  std::optional<GemmCheck> check_;
};

}  // namespace petaproof::testing
