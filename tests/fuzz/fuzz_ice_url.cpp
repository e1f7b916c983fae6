// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/address.hpp>
#include <lkdoctor/proto/ice_url.hpp>
#include <string>

using namespace lkdoctor;

namespace {

std::string written(const proto::IceUrl& url) {
  const std::string scheme = std::string(url.turn ? "turn" : "stun") + (url.secure ? "s" : "");
  const bool bare = url.host.find(':') == std::string::npos;
  return scheme + ":" + (bare ? url.host : "[" + url.host + "]") + ":" + std::to_string(url.port) +
         "?transport=" + (url.tcp ? "tcp" : "udp");
}

}  // namespace

/// A JoinResponse may hold any text. What is an address can be written and read again, and is safe to show.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto url = proto::parse_ice_url(text);
  if (!url) return 0;
  if (url->host.empty() || url->port == 0 || url->host.size() > text.size()) std::abort();
  for (const char c : url->host) {
    if (c <= ' ' || c == 0x7f || c == '/' || c == '@') std::abort();
  }
  const std::string again = written(*url);
  if (again.size() > 512) return 0;
  const auto back = proto::parse_ice_url(again);
  if (!back || written(*back) != again) std::abort();
  return 0;
}
