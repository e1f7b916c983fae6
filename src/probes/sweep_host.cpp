// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_host.hpp"

#include <algorithm>

namespace lkdoctor::probes {
namespace {

using proto::Ports;
using proto::PortTestKind;

awaitable<std::optional<std::vector<bool>>> traced(SweepSession* session, Ports ports) {
  std::vector<bool> out;
  for (std::size_t first = ports.first; first <= ports.last; first += proto::kMostPortsTraced) {
    const std::size_t last = std::min<std::size_t>(ports.last, first + proto::kMostPortsTraced - 1);
    const Ports part{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
    const auto told = co_await session->ask(PortTestKind::tally, part, proto::bytes_to_trace(part));
    if (!told || told->at_interface.empty()) co_return std::nullopt;
    out.insert(out.end(), told->at_interface.begin(), told->at_interface.end());
  }
  co_return out;
}

}  // namespace

awaitable<AtHost> ask_host(SweepSession* session, Ports ports) {
  AtHost out{std::vector<bool>(ports.size()), {}};
  // To a raw socket a slice is a question alone. A tally ends it: it comes last.
  const auto held = co_await session->ask(PortTestKind::slice, ports);
  if (held) out.held = held->marks;
  out.at_interface = co_await traced(session, ports);
  co_return out;
}

}  // namespace lkdoctor::probes
