#include "harness/json/write.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

void refuse_non_finite(const json& value, const std::string& path) {
  if (value.is_number_float() && !std::isfinite(value.get<double>()))
    throw Error(Domain::internal, fmt::format("{} is not a finite number; it must not be recorded", path));
  if (value.is_object())
    for (const auto& [key, item] : value.items()) refuse_non_finite(item, path + "." + key);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i) refuse_non_finite(value[i], fmt::format("{}[{}]", path, i));
}

std::string dump(const json& value, int indent) {
  refuse_non_finite(value, "$");
  // host names, error texts and file names are other people's bytes: what is not UTF-8 is replaced, not fatal
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

[[noreturn]] void fail_write(const std::filesystem::path& path) {
  const int code = errno;
  throw Error(Domain::io, fmt::format("{}: cannot be written: {}", path.string(), std::strerror(code)));
}

class File {
 public:
  explicit File(const std::filesystem::path& path)
      : descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) fail_write(path);
  }
  ~File() { PETAPROOF_POSIX_LOG(close(descriptor_)); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

std::string json_line(const json& value) {
  return dump(value, -1);
}
std::string json_text(const json& value) {
  return dump(value, 1) + "\n";
}

void write_all(int file, const std::string& text, const std::filesystem::path& path) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_write(path);
    written += static_cast<std::size_t>(count);
  }
}

json text_or_null(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

json number_or_null(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

void write_file(const std::filesystem::path& path, const std::string& text, bool durable) {
  const std::filesystem::path temporary = path.string() + ".part";
  {
    const File file(temporary);
    write_all(file.descriptor(), text, temporary);
    if (durable && fsync(file.descriptor()) != 0) fail_write(temporary);
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) fail_write(path);
}

}  // namespace petaproof
