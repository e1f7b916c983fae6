// SPDX-License-Identifier: EUPL-1.2
#pragma once

namespace lkdoctor::respond {

/// Lets go of what starting, or a sweep, took: free heap, and the pages of the program and its libraries that
/// are as in their files. What is still needed of these comes back page by page.
void give_back_pages();

}  // namespace lkdoctor::respond
