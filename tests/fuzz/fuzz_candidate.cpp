// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/candidate.hpp>

using namespace lkdoctor;

/// A candidate that is read, written and read again is the same one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line(data, data + size);
  const auto candidate = proto::parse_candidate(line);
  if (!candidate) return 0;
  const auto back = proto::parse_candidate(proto::format_candidate(*candidate));
  if (!back || back->endpoint != candidate->endpoint || back->type != candidate->type) std::abort();
  if (back->priority != candidate->priority || back->foundation != candidate->foundation) std::abort();
  return 0;
}
