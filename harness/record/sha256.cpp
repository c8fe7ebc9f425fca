#include "harness/record/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

class Hasher {
 public:
  Hasher() { PETAPROOF_INVARIANT(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1); }
  void add(const void* data, std::size_t bytes) {
    PETAPROOF_INVARIANT(EVP_DigestUpdate(context_.get(), data, bytes) == 1);
  }
  std::string hex() {
    std::array<unsigned char, 32> digest;
    PETAPROOF_INVARIANT(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    std::string text;
    for (unsigned char byte : digest) text += fmt::format("{:02x}", byte);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

}  // namespace

std::string sha256(std::string_view data) {
  Hasher hasher;
  hasher.add(data.data(), data.size());
  return hasher.hex();
}

std::string short_sha256(std::string_view data) {
  return sha256(data).substr(0, 16);
}

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  Hasher hasher;
  std::array<char, 65536> block;
  while (stream.read(block.data(), block.size()) || stream.gcount() > 0)
    hasher.add(block.data(), static_cast<std::size_t>(stream.gcount()));
  if (!stream.eof()) throw Error(Domain::io, fmt::format("{}: cannot be read", path.string()));
  return hasher.hex();
}

}  // namespace petaproof
