#include "check/report.hpp"
namespace vmsim::check {
Region region(const ClassVerdict&) { return Region::innocuous; }
std::vector<std::string> members(const Isa&, const Report&, Region) { return {}; }
std::string html_page(const Isa&, const Report&, const std::vector<Demonstration>&) { return {}; }
std::string markdown_page(const Isa&, const Report&, const std::vector<Demonstration>&) { return {}; }
}
