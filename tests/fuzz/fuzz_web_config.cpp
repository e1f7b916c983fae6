// SPDX-License-Identifier: EUPL-1.2
#include <cstdint>
#include <cstdlib>

#include "serve/response.hpp"
#include "serve/web_config.hpp"

using namespace lkdoctor::serve;

/// Either the file is read, or the error has a place in it; what is read can be used as it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const WebConfigReading reading = read_web_config("web.yml", text);
  if (reading.error) {
    if (!reading.error->message.starts_with("web.yml:")) std::abort();
    return 0;
  }
  const WebConfig& config = reading.config;
  if (config.tls && (config.tls->cert_file.empty() || config.tls->key_file.empty())) std::abort();
  for (const auto& [name, value] : config.headers) {
    if (!is_field_name(name) || !is_field_value(value)) std::abort();
  }
  for (const auto& [name, hash] : config.users) {
    if (!bcrypt_cost(hash.reveal())) std::abort();
  }
  return 0;
}
