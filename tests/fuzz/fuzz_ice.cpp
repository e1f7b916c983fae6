// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/ice.hpp>

using namespace lkdoctor;

/// Packets of anybody: nothing is answered that was not signed with our password, and nothing grows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const proto::IceCredentials own{"ours", Secret("our password, 22 chars.")};
  const proto::IceCredentials remote{"them", Secret("their password, 22 char")};
  proto::IceAgent agent(own, remote);
  const Clock::time_point now{};
  proto::Candidate candidate;
  candidate.endpoint = {"192.0.2.1", 1};
  agent.add_pair(0, candidate, now);
  const auto request = agent.take();
  // The first half as it is; the second as the answer to our own request.
  const ByteView input(data, size);
  agent.receive(0, candidate.endpoint, input, now);
  Bytes answer(input.begin(), input.end());
  constexpr std::size_t kIdAt = 8;
  if (answer.size() >= 20) std::copy_n(request.at(0).bytes.begin() + kIdAt, 12, answer.begin() + kIdAt);
  agent.receive(0, candidate.endpoint, answer, now);
  if (agent.pairs() > 17 || agent.state(0).status == proto::PairStatus::answered) std::abort();
  return 0;
}
