// SPDX-License-Identifier: EUPL-1.2
#include "respond/in_use.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

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
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    add_ports_in_use(text, out);
  }
  return out;
}

}  // namespace lkdoctor::respond
