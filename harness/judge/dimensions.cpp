#include "harness/judge/dimensions.hpp"

#include <algorithm>
#include <array>

namespace petaproof::judge {
namespace {

constexpr std::array precisions{Precision::fp64, Precision::fp64_tensor, Precision::fp32, Precision::tf32,
                                Precision::bf16, Precision::fp16,        Precision::fp8,  Precision::fp6,
                                Precision::fp4,  Precision::int8};
constexpr std::array sparsities{Sparsity::dense, Sparsity::two_of_four};
constexpr std::array emulations{Emulation::native, Emulation::emulated};
constexpr std::array kinds{Kind::peak, Kind::kernel, Kind::coupled, Kind::training, Kind::goodput};

template <typename T>
std::optional<T> find(std::span<const T> values, std::string_view name) {
  const auto found = std::ranges::find_if(values, [&](T value) { return to_string(value) == name; });
  return found == values.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

std::string_view to_string(Precision precision) {
  switch (precision) {
    case Precision::fp64: return "fp64";
    case Precision::fp64_tensor: return "fp64_tensor";
    case Precision::fp32: return "fp32";
    case Precision::tf32: return "tf32";
    case Precision::bf16: return "bf16";
    case Precision::fp16: return "fp16";
    case Precision::fp8: return "fp8";
    case Precision::fp6: return "fp6";
    case Precision::fp4: return "fp4";
    case Precision::int8: return "int8";
  }
  return "unknown";
}

std::string_view to_string(Sparsity sparsity) {
  return sparsity == Sparsity::dense ? "dense" : "2:4";
}

std::string_view to_string(Emulation emulation) {
  return emulation == Emulation::native ? "native" : "emulated";
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::peak: return "peak";
    case Kind::kernel: return "kernel";
    case Kind::coupled: return "coupled";
    case Kind::training: return "training";
    case Kind::goodput: return "goodput";
  }
  return "unknown";
}

std::optional<Precision> find_precision(std::string_view name) {
  return find(all_precisions(), name);
}
std::optional<Sparsity> find_sparsity(std::string_view name) {
  return find(all_sparsities(), name);
}
std::optional<Emulation> find_emulation(std::string_view name) {
  return find(all_emulations(), name);
}
std::optional<Kind> find_kind(std::string_view name) {
  return find(all_kinds(), name);
}

std::span<const Precision> all_precisions() {
  return precisions;
}
std::span<const Sparsity> all_sparsities() {
  return sparsities;
}
std::span<const Emulation> all_emulations() {
  return emulations;
}
std::span<const Kind> all_kinds() {
  return kinds;
}

}  // namespace petaproof::judge
