// page_of KIND FILE: the page of a JSON file that another program wrote, on the standard output.
#include <fstream>
#include <iostream>
#include <iterator>

#include "sim/page/page.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream in(argv[2], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  wh::sim::page_context context;
  context.again = "wh-sim " + std::string(argv[1]);
  const auto page = std::string_view(argv[1]) == "check" ? wh::sim::check_page(text, context)
                                                         : wh::sim::matrix_page(text, context);
  if (!page) {
    std::cerr << page.error() << "\n";
    return 1;
  }
  std::cout << *page;
}
