// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

#include "model/report.hpp"

/// From where a run looked, and what a run from LiveKit's own network cannot say: whether people on the
/// internet get in.
namespace lkdoctor::diagnosis {

/// "from outside", "on this host".
std::string_view view_of(Vantage vantage);

/// Media was tried from where packets pass no firewall that people on the internet have to pass.
bool leaves_out_way_in(const Report& report);

/// "seen from the LiveKit host; the way in from outside was not tested".
std::string seen_behind_way_in(Vantage vantage);

/// The same under "not tested", with what to do about it.
void say_way_in_was_left_out(Report& report);

}  // namespace lkdoctor::diagnosis
