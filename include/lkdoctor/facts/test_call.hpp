// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>

namespace lkdoctor::facts {

/// What LiveKit let a test call do. Given by media_loop.
struct TestCall {
  int participants = 0;     ///< of one room, at the same time
  bool opus_heard = false;  ///< it came back
  bool whole = false;       ///< over UDP, without a packet lost
};
LKDOCTOR_JSON(TestCall, participants, opus_heard, whole)
inline constexpr Fact<TestCall> test_call{"test_call", "what LiveKit let a test call do"};

}  // namespace lkdoctor::facts
