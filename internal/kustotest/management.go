package kustotest

func (s *Service) serveManagement(c *call) reply {
	return c.refuse(*badRequest("BadRequest_SyntaxError", "The management command is not supported."))
}
