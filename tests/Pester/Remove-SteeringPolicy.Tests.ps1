BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/a.yaml "version: 1`npolicy: a`notherwise: { by: hash }"
}

Describe 'Remove-SteeringPolicy' {
    BeforeEach {
        Set-ReuseportBackend Simulator -Seed 1
        $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
    }

    It 'takes the policy back and keeps the group' {
        Remove-SteeringPolicy web
        Get-SteeringPolicy web | Should -BeNullOrEmpty
        (Get-ReuseportGroup web).ProgramId.Count | Should -Be 0
        (Get-ReuseportGroup web).SeatedCount | Should -Be 8
    }

    It 'does nothing where there is no policy' {
        Remove-SteeringPolicy web
        { Remove-SteeringPolicy web -ErrorAction Stop } | Should -Not -Throw
    }

    It 'changes nothing with -WhatIf' {
        Remove-SteeringPolicy web -WhatIf
        (Get-SteeringPolicy web).Policy.Name | Should -Be 'a'
    }

    It 'lets the policy be applied again' {
        Remove-SteeringPolicy web
        (Set-SteeringPolicy web TestDrive:/a.yaml).Change | Should -Be 'Program'
    }
}
