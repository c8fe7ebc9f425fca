#include "harness/run/common_error.hpp"

namespace petaproof {

std::string from_root(World& world, const std::function<std::string()>& work) {
  std::string text, failed_domain;
  if (world.is_root()) {
    try {
      text = work();
    } catch (const Error& error) {
      text = error.what();
      failed_domain = std::to_string(static_cast<int>(error.domain()));
    } catch (const std::exception& error) {  // whatever it is, the others wait for this broadcast
      text = error.what();
      failed_domain = std::to_string(static_cast<int>(Domain::internal));
    }
  }
  failed_domain = world.broadcast(failed_domain);
  text = world.broadcast(text);
  if (!failed_domain.empty()) throw CommonError(static_cast<Domain>(std::stoi(failed_domain)), text);
  return text;
}

}  // namespace petaproof
