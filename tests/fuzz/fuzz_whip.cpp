// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/whip.hpp>
#include <string>

using namespace lkdoctor;

/// Header fields of any peer. What comes out is bounded, and an id is safe inside a path.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto servers = proto::parse_ice_links(text);
  if (servers.size() > 16) std::abort();
  for (const proto::IceServer& server : servers) {
    if (server.urls.size() != 1 || server.urls.front().size() > text.size()) std::abort();
    if (server.username.size() + server.credential.size() > text.size()) std::abort();
  }
  for (const char c : proto::whip_session_id(text)) {
    if (c == '/' || c == '.' || c == '?' || c == '%' || c <= ' ') std::abort();
  }
  (void)proto::whip_fragment(text, "candidate:x");
  return 0;
}
