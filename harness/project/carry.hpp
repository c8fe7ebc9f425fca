// The rate of one system on few GPUs, carried to many: what HPL and training steps in weak scaling follow. Pure:
// points in; an estimate with its band out, or a refusal with the reason. The method and its errors on published
// data: README.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace petaproof::project {

enum class CarriedKind {
  training,  // model FLOP/s, tokens or samples per second and GPU, at the same batch per GPU
  hpl,
};

/// What was measured on `gpus` GPUs of `nodes` nodes. All points of one call are of one system, one program and one
/// parallel configuration, which the caller answers for; several of one count are repeats of one point.
struct CarryPoint {
  std::int64_t gpus = 0;
  std::int64_t nodes = 0;
  double rate_per_gpu = 0;  // above 0, in any unit that all points share; the estimate is in it too
};

struct CarryRequest {
  std::vector<CarryPoint> points;  // in any order
  std::int64_t target_gpus = 0;
  CarriedKind kind = CarriedKind::training;
  bool untuned = false;  // nobody has tuned this cluster for this work: a training rate may fall by twice as much
  bool eight_bits =
      false;  // or fewer: computing shrinks and what is sent does not, so a rate falls two to three times as fast
};

struct Carried {
  double rate_per_gpu = 0;  // expected on target_gpus; times target_gpus is the total
  double lower = 0;
  double upper = 0;
  std::int64_t from_gpus = 0;  // the largest count measured
  double factor = 0;           // target_gpus / from_gpus
  int node_counts = 0;         // distinct ones of 4 nodes or more among the points
};

struct CarryResult {
  std::optional<Carried> carried;
  std::string refusal;  // one sentence without a full stop; empty exactly where `carried` is there
};

/// Refuses: no points; a count below 1, more nodes than GPUs, or a rate that is not finite and above 0; a largest
/// point of one or two nodes; repeats of a point that are further apart than the band is wide; points that contradict
/// the method among themselves; a target that is not beyond the largest point, or beyond its reach (reach.hpp). Never
/// throws on what it is given.
CarryResult carry(const CarryRequest& request);

/// By count, several measurements of one as repeats.hpp makes them one, on the fewest nodes that any of them had.
std::vector<CarryPoint> points_by_count(const std::vector<CarryPoint>& points);

/// repeats.hpp's of these.
std::string repeats_note(const std::vector<CarryPoint>& points);

/// The refusals of carry() that do not depend on the target; empty: none.
std::string why_not_carried(const CarryRequest& request);

}  // namespace petaproof::project
