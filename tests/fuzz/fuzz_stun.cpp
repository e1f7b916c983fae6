// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/stun.hpp>

using namespace lkdoctor;

/// Whatever decodes must survive being written and read again, and its addresses must be addresses.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = proto::decode_stun(ByteView(data, size));
  if (!message) return 0;
  for (const auto& endpoint : {message->mapped_address(), message->other_address()}) {
    if (endpoint && !is_numeric_address(endpoint->address)) std::abort();
  }
  (void)message->error_code();
  const auto back = proto::decode_stun(proto::encode_stun(*message));
  if (!back || back->id != message->id || back->attributes.size() != message->attributes.size()) std::abort();
  if (back->mapped_address() != message->mapped_address()) std::abort();
  return 0;
}
