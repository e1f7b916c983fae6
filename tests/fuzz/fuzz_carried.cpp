// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cstdlib>
#include <lkdoctor/address.hpp>
#include <lkdoctor/probes/carrier.hpp>
#include <string>

using namespace lkdoctor;

namespace {

bool is_printable(const std::string& text) {
  return std::ranges::none_of(text, [](char one) { return one == '\x1b' || one == '\n' || one == '\0'; });
}

void check_session(const CarriedSession& carried) {
  if (!is_printable(carried.room + carried.mode + carried.words)) std::abort();
  for (const CarriedPort& one : carried.tcp) {
    if (one.port == 0 || !is_printable(one.owner)) std::abort();
  }
  for (const OwnedPorts& one : carried.udp_in_use) {
    if (one.from == 0 || one.to < one.from || !is_printable(one.owner)) std::abort();
  }
  for (const PortRange& one : carried.udp) {
    if (one.first == 0 || one.last < one.first) std::abort();
  }
  if (!std::ranges::all_of(carried.addresses, is_numeric_address)) std::abort();
}

}  // namespace

/// What a responder says of its session and of greetings: it knows our key, and may be anybody's all the
/// same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  Deployment deployment;
  deployment.run.carried.emplace();
  if (probes::take_session(body, deployment)) check_session(*deployment.run.carried);
  probes::take_further_tokens(body, deployment);
  // Goes into a head of HTTP.
  if (!is_printable(deployment.secrets.token.reveal())) std::abort();
  const auto heard = probes::greetings_in(body);
  if (heard && (heard->ports.size() > 256 || std::ranges::count(heard->ports, 0) > 0)) std::abort();
  return 0;
}
