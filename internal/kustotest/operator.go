package kustotest

func (s *Service) operate(c *call) reply { return c.json("ok") }
