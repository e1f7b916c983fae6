// SPDX-License-Identifier: EUPL-1.2
#include "respond/in_use.hpp"

#include <algorithm>
#include <charconv>

#include "net/proc_text.hpp"

namespace lkdoctor::respond {

// "  sl  local_address rem_address …" and then "  12: 0100007F:4E20 00000000:0000 07 …".
void add_ports_in_use(std::string_view table, std::vector<bool>& into) {
  into.resize(65536);
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    const std::size_t slot = line.find(": ");
    if (slot == std::string_view::npos) continue;
    const std::size_t colon = line.find(':', slot + 2);
    if (colon == std::string_view::npos) continue;
    const std::string_view hex = line.substr(colon + 1, 4);
    unsigned port = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), port, 16);
    if (error == std::errc{} && end == hex.data() + 4 && port < into.size()) into[port] = true;
  }
}

std::vector<bool> udp_ports_in_use() {
  std::vector<bool> out(65536);
  for (const char* path : {"/proc/self/net/udp", "/proc/self/net/udp6"}) {
    constexpr std::size_t kEveryPort = std::size_t{16} << 20U;
    add_ports_in_use(net::proc_text(path, kEveryPort), out);
  }
  return out;
}

}  // namespace lkdoctor::respond
